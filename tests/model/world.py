"""A school that changes its mind: what its SIS tells, of which moment, and when the message of it comes."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from dokstamp_sync.order import Step
from tests.model.meetings import MEETING
from tests.model.said import Key, Message, Version, left_to_groups
from tests.model.school import RENAMED, School, Traits


class World:
    """A school, and all messages that its SIS has sent."""

    def __init__(self, school: School) -> None:
        self.school = school
        self.messages: list[Message] = []

    @property
    def traits(self) -> Traits:
        return self.school.traits

    def may_be_refused(self, message: Message, key: Key) -> bool:
        """Whether what the message says of the record may come to nothing."""
        for plot in self.school.plots:
            if key in plot.keys:
                return plot.may_be_refused(message, key, patient=self.traits.patient)
        if key[0] is Step.CERTIFICATE and self.traits.unruly:
            return True
        return not self.traits.patient and key[0] is not Step.INSTITUTION and key[0] is not Step.STUDENT

    @property
    def versions(self) -> Iterator[tuple[Message, Version]]:
        """Everything that is to be delivered."""
        for message in self.messages:
            if not message.options["dry_run"]:
                for version in message.versions.values():
                    yield message, version


class Timetable:
    """Draws all messages of a school beforehand."""

    def __init__(self, random: Random, meetings: frozenset[str] = MEETING) -> None:
        self._random = random
        self._school = School(random, meetings)

    def world(self) -> World:
        """The school with all that its SIS will say."""
        world = World(self._school)
        world.messages += self._told()
        return world

    def _told(self) -> Iterator[Message]:
        keys = list(self._school.keys())
        hours = self._random.randint(1, 4)
        single = self._random.random() < 0.3
        spread = self._random.choice([0, 5, 60, 600])
        for hour in range(hours):
            # In the first hour everything is told once; later what has changed, or has not.
            chosen = [key for key in keys if hour == 0 or self._random.random() < (0.7 if key in RENAMED else 0.35)]
            for message in self._messages(hour, chosen, single):
                message.at = [self._random.uniform(0, spread)]
                yield from self._others(message)
                if self._random.random() < 0.2:
                    message.at.append(self._random.uniform(0, spread * 2))
                yield message

    def _others(self, message: Message) -> Iterator[Message]:
        """Messages of other names that say the same at about the same moment."""
        for number in range(self._random.randint(0, 3) if self._school.traits.crowd else 0):
            at = [message.at[0] + self._random.choice([0, 1, 5])]
            yield Message(f"{message.id}/{number}", message.hour, message.options, message.versions, at)

    def _messages(self, hour: int, keys: list[Key], single: bool) -> Iterator[Message]:
        """The hour's records in one message, in some, or each in one; some of them contradict each other."""
        number = len(keys) if single else self._random.randint(1, 3)
        messages: list[dict[Key, Version]] = [{} for _ in range(max(1, number))]
        for place, key in enumerate(keys):
            home = place if single else self._random.randrange(number)
            homes = {home}
            # Whoever issues and revokes at one moment has no right to either.
            if key[0] is not Step.CERTIFICATE and self._random.random() < 0.05:
                homes.add(self._random.randrange(len(messages)))
            for at in sorted(homes):
                messages[at][key] = self._school.version(key, hour)
        for place, versions in enumerate(messages):
            if versions:
                options = {"force": self._random.random() < 0.05, "dry_run": hour > 0 and self._random.random() < 0.1}
                yield Message(f"{hour}/{place}", hour, options, left_to_groups(versions))
