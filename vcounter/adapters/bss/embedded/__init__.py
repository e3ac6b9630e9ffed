"""A small but true operator's system with a database of its own."""

from vcounter.adapters.bss.embedded.bss import EmbeddedBss
from vcounter.adapters.bss.embedded.faults import Fault, Faults
from vcounter.adapters.bss.embedded.hall import NewSubscriber
from vcounter.adapters.bss.embedded.notices import send_due_notices
from vcounter.adapters.bss.embedded.people import DEMO_PEOPLE, DemoPerson, demo_person
from vcounter.adapters.bss.embedded.population import population
from vcounter.adapters.bss.embedded.reminders import send_due_reminders
from vcounter.adapters.bss.embedded.seed_plans import seed_plans
from vcounter.adapters.bss.embedded.seeds import seed_demo
from vcounter.adapters.bss.embedded.tickets import NewTicket
from vcounter.adapters.bss.embedded.vault import Vault

__all__ = [
    "DEMO_PEOPLE",
    "DemoPerson",
    "EmbeddedBss",
    "Fault",
    "Faults",
    "NewSubscriber",
    "NewTicket",
    "Vault",
    "demo_person",
    "population",
    "seed_demo",
    "seed_plans",
    "send_due_notices",
    "send_due_reminders",
]
