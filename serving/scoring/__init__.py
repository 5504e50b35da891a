"""Requests -> scored changes, in this process or elsewhere.

scorer      one loaded model with the past and the store that its rows need
forecaster  what the gateway asks of whoever scores
"""
