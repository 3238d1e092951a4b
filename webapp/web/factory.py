"""The application factory."""


from flask import Flask
from flask_babel import Babel
from htmx_flask import Htmx

from webapp.config import program_folder
from webapp.house import House, open_house
from webapp.web import order, person, search


def create_app(house: House | None = None) -> Flask:
    """The web application over an opened instance; without one, the instance folder of the environment is opened."""
    house = house or open_house()
    program = program_folder()
    app = Flask(
        "webapp",
        template_folder=str(program / "templates"),
        static_folder=str(program / "static"),
        instance_path=str(house.settings.instance),
    )
    app.extensions["house"] = house
    Htmx(app)
    Babel(app, default_locale="nb", default_timezone=house.settings.settings.time_zone)
    for room in (search, person, order):
        app.register_blueprint(room.routes)
    return app
