"""Orders."""

from flask import Blueprint

routes = Blueprint("order", __name__)
