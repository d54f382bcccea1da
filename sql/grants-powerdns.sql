-- SPDX-License-Identifier: ISC
-- The reaper's user for the database pdns with PowerDNS's tables. Of the keys it sees only whether a zone has one.
-- No password is needed where the reaper logs in through the socket as its own system user; then
--     CREATE USER 'dynlease-reap'@'localhost' IDENTIFIED VIA unix_socket;

CREATE USER IF NOT EXISTS 'dynlease'@'localhost' IDENTIFIED BY 'CHANGE ME';

GRANT SELECT (id, name, type) ON pdns.domains TO 'dynlease'@'localhost';
GRANT SELECT (domain_id, kind, content) ON pdns.domainmetadata TO 'dynlease'@'localhost';
GRANT SELECT (domain_id, active) ON pdns.cryptokeys TO 'dynlease'@'localhost';
GRANT SELECT, INSERT, DELETE, UPDATE (content) ON pdns.records TO 'dynlease'@'localhost';
