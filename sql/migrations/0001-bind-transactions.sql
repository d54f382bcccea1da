-- SPDX-License-Identifier: ISC
-- For a table of BIND's drivers that is older than bind.sql: those were of MyISAM, which has no transactions, so that
-- half a change could be seen, and had no index, so that every name was looked for in all of the table.

ALTER TABLE records ENGINE = InnoDB;
CREATE INDEX IF NOT EXISTS name_type ON records (name, rdtype);
