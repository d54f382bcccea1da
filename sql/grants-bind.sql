-- SPDX-License-Identifier: ISC
-- The reaper's user for the table records in the database bind.

CREATE USER IF NOT EXISTS 'dynlease'@'localhost' IDENTIFIED BY 'CHANGE ME';

GRANT SELECT, INSERT, DELETE, UPDATE (rdata) ON bind.records TO 'dynlease'@'localhost';
