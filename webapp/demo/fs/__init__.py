"""An FS that answers by GraphQL from the same shelf as the provider; for demonstration, measuring and tests."""

from webapp.demo.fs.conduct import Conduct
from webapp.demo.fs.server import create_fs_server, has_fs

__all__ = ["Conduct", "create_fs_server", "has_fs"]
