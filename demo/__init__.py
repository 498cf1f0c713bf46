"""Where bot and simulator meet: the demo, replayed chats, the whole stack on one machine."""
