"""Parley: a real-time chat for Django that speaks HTML."""
