"""A process that writes without end and says which writes were acknowledged; it is meant to be killed."""

import asyncio
import itertools
import sys

from vitrina.engine.protocols import DatabaseSpec
from vitrina.engine.sqlite.database import SqliteDatabase
from vitrina.engine.sqlite.readers import ReaderPool

CLIENTS = 8
NUMBERS = itertools.count(1)


def pair(number):
    """Two rows that are there together or not at all."""

    def fn(conn):
        conn.execute("insert into t values (?, 'first')", (number,))
        conn.execute("insert into t values (?, 'second')", (number,))
        return number

    return fn


async def client(database):
    while True:
        number = next(NUMBERS)
        if number % 7:
            await database.write_for_request(pair(number), shared=True)
        else:
            await database.write(pair(number))
        print(number, flush=True)


async def main():
    database = SqliteDatabase(DatabaseSpec("data", "data", path=sys.argv[1]), pool=ReaderPool(1))
    await asyncio.gather(*[client(database) for _ in range(CLIENTS)])


asyncio.run(main())
