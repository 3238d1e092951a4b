"""Person eksternstudium."""

from flask import Blueprint

routes = Blueprint("person", __name__)
