"""DynamoDB's stand-in, filled in its file: an item that the product wrote is
repeated under other keys. A million of them through its door would take hours."""

import sqlite3

COLUMNS = "pk, sk, item_json, item_size, hash_prefix"
AT_ONCE = 50_000


class TableFile:
    def __init__(self, path):
        self._database = sqlite3.connect(path, timeout=60, isolation_level=None)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        # So that whoever reads need not look for it in the log first.
        self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._database.close()

    def rows(self, table, pk, sk=""):
        """The items whose key begins so."""
        found = self._database.execute(
            f'SELECT {COLUMNS} FROM "{table}" WHERE instr(pk, ?) = 1 AND instr(sk, ?) = 1',
            (f"S:{pk}", f"S:{sk}" if sk else ""),
        )
        return found.fetchall()

    def add(self, table, rows):
        rows = iter(rows)
        insert = f'INSERT INTO "{table}" ({COLUMNS}) VALUES (?, ?, ?, ?, ?)'
        more = True
        while more:
            self._database.execute("BEGIN IMMEDIATE")
            more = False
            for _, row in zip(range(AT_ONCE), rows):
                self._database.execute(insert, row)
                more = True
            self._database.execute("COMMIT")


def renamed(row, old, new):
    """The same item with another key, in the key and in the item."""
    pk, sk, item, size, prefix = row
    return pk.replace(old, new), sk.replace(old, new), item.replace(old, new), size, prefix
