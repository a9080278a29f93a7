"""Can the town's own list of prices be read?"""

from gastown.config import TownConfig
from gastown.doctor.finding import Finding
from gastown.prices.book import Book


def prices(town: TownConfig) -> Finding:
    book = Book(town.path)
    names = " before ".join(f"{table.name} ({table.digest})" for table in book.tables())
    if book.trouble is None:
        return Finding(check="prices", ok=True, detail=f"in force: {names}")
    return Finding(
        check="prices", ok=False, detail=f"{book.trouble.message}; in force: {names}", mend=book.trouble.hint
    )
