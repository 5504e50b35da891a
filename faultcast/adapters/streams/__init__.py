"""Streams: events on their way from who collects to who keeps.

shape       what a broker is: publish, and read from a place on
embedded kafka kinesis      three of that shape; `choose` picks one
published   the collecting side's memory: which content of a record was told last
sink        the consuming side's memory: what is kept, what was seen, and how far; one transaction for all
"""

from faultcast.adapters.streams.choose import open_broker
from faultcast.adapters.streams.published import Published
from faultcast.adapters.streams.shape import Broker, Message, Outgoing, Place, Positions, Source
from faultcast.adapters.streams.sink import Judged, Sink

__all__ = [
    "Broker",
    "Judged",
    "Message",
    "Outgoing",
    "Place",
    "Positions",
    "Published",
    "Sink",
    "Source",
    "open_broker",
]
