"""Everything that belongs to bringing one bot its updates."""

from gmbot.simulator.delivery import Delivery, Surroundings
from gmbot.simulator.faults import Faults
from gmbot.simulator.mishaps import Mishaps
from gmbot.simulator.people import Bot
from gmbot.simulator.polling import Polling


class Station:
    """One bot's long polls, webhook deliveries and mishaps, around its mailbox."""

    def __init__(self, bot: Bot, faults: Faults, around: Surroundings) -> None:
        self._mailbox = bot.mailbox
        self._around = around
        self._repeats = Mishaps(bot.id, bot.mailbox, faults).repeats
        self._delivery: Delivery | None = None
        self.polling = Polling(bot.mailbox, around.clock, self._repeats)

    def open(self) -> None:
        """Go on after a `close`: polls wait again, and the webhook, if any, is served again."""
        self.polling.open()
        self._deliver()

    def close(self) -> None:
        """Answer the waiting poll and break off deliveries; what was not confirmed stays."""
        self.polling.close()
        self._halt()

    def webhook_changed(self) -> None:
        """Serve the webhook as it is now."""
        self._halt()
        if self._mailbox.webhook is not None:
            self.polling.webhook_was_set()
        self._deliver()

    def _deliver(self) -> None:
        webhook = self._mailbox.webhook
        if webhook is not None and self._delivery is None:
            self._delivery = Delivery(self._mailbox, self._repeats, webhook, self._around)

    def _halt(self) -> None:
        delivery, self._delivery = self._delivery, None
        if delivery is not None:
            delivery.stop()
