"""The store: cities, offices, rounds, submissions and versions that outlive a browser tab."""

from data.store.engine import Connection as Connection
from data.store.engine import Store as Store
from data.store.engine import Writing as Writing
from data.store.engine import open_store as open_store
