"""What is an LLM, and all that follows: a newcomer's questions, each answered in a short text.

A topic is a Markdown file in `topics/`; the number in its name is its place in the reading order.
"""

from hearth.guide.contents import children, path_to, topics
from hearth.guide.finding import Found, find
from hearth.guide.reading import BadTopic, read_topic
from hearth.guide.topic import Level, Source, Topic

__all__ = [
    "BadTopic",
    "Found",
    "Level",
    "Source",
    "Topic",
    "children",
    "find",
    "path_to",
    "read_topic",
    "topics",
]
