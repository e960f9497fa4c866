"""Addresses → proposals of places, by Tianditu or Nominatim. Off unless somebody asks for it."""

from data.geocode.propose import Asker, Proposals, propose
from data.geocode.services import KEYS, SERVICES, TITLES, open_service

__all__ = ["KEYS", "SERVICES", "TITLES", "Asker", "Proposals", "open_service", "propose"]
