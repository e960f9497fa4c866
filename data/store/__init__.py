"""The store: cities, offices, rounds, submissions and versions that outlive a browser tab."""

from data.store.engine import Connection as Connection
from data.store.engine import Store as Store
from data.store.engine import Writing as Writing
from data.store.engine import is_there as is_there
from data.store.engine import open_store as open_store
from data.store.engine import store_place as store_place
