-- SPDX-License-Identifier: ISC
-- One zone as a table, with the columns that BIND's drivers for MySQL have always had. Names are whole and without a
-- final dot, names within rdata have one. Another name for the table goes into dynlease.conf, too.

CREATE TABLE records (
	name	VARCHAR(255) NOT NULL,
	ttl	INT NOT NULL,
	rdtype	VARCHAR(10) NOT NULL,
	rdata	VARCHAR(2048) NOT NULL,
	INDEX name_type (name, rdtype)
) ENGINE = InnoDB CHARACTER SET latin1;

-- The zone's own records are the administrator's, for instance:
--
-- INSERT INTO records (name, ttl, rdtype, rdata) VALUES
--     ('dyn.example.org', 3600, 'SOA', 'ns.example.org. hostmaster.example.org. 1 3600 600 604800 30'),
--     ('dyn.example.org', 3600, 'NS', 'ns.example.org.');
