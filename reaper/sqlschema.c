/* SPDX-License-Identifier: ISC */
/*
 * Statements in SQL.
 */
#include "sqlschema.h"

#include <string.h>

#define POWERDNS_ROW	"SELECT id, name, type, content, ttl, disabled, ordername, auth FROM records " \
			"WHERE domain_id = ?"
#define POWERDNS_SOA	"SELECT content FROM records WHERE domain_id = ? AND name = ? AND type = 'SOA' AND " \
			"disabled = 0"

static const struct sqltext powerdns[SQLSTATEMENTS] = {
	[SQL_DOMAIN] = { "SELECT id, type FROM domains WHERE name = ?", "z", "12" },
	[SQL_METADATA] = { "SELECT kind, content FROM domainmetadata WHERE domain_id = ? AND kind IN "
	    "('NSEC3PARAM', 'NSEC3NARROW', 'PRESIGNED')", "d", "12" },
	[SQL_KEYS] = { "SELECT COUNT(active) FROM cryptokeys WHERE domain_id = ? AND active = 1", "d", "1" },
	[SQL_DEEP] = { "SELECT 1 FROM records WHERE domain_id = ? AND name LIKE ? LIMIT 1", "dp", "1" },
	[SQL_SOA] = { POWERDNS_SOA, "dz", "1" },
	[SQL_LOCK] = { POWERDNS_SOA " FOR UPDATE", "dz", "1" },
	[SQL_SELECT] = { POWERDNS_ROW " AND name = ?", "dn", "intclxoa" },
	[SQL_LIST] = { POWERDNS_ROW, "d", "intclxoa" },
	[SQL_INSERT] = { "INSERT INTO records (domain_id, name, type, content, ttl, disabled, ordername, auth) "
	    "VALUES (?, ?, ?, ?, ?, 0, ?, ?)", "dntcloa", "" },
	[SQL_DELETE] = { "DELETE FROM records WHERE id = ? AND domain_id = ? AND name = ? AND type <=> ?",
	    "idnt", "" },
	[SQL_RAISE] = { "UPDATE records SET content = ? WHERE domain_id = ? AND name = ? AND type = 'SOA' AND "
	    "disabled = 0", "sdz", "" },
};

static const struct sqltext bind_table[SQLSTATEMENTS] = {
	[SQL_SOA] = { "SELECT rdata FROM `@` WHERE name = ? AND rdtype = 'SOA'", "z", "1" },
	[SQL_LOCK] = { "SELECT rdata FROM `@` WHERE name = ? AND rdtype = 'SOA' FOR UPDATE", "z", "1" },
	[SQL_SELECT] = { "SELECT name, rdtype, rdata, ttl FROM `@` WHERE name = ?", "n", "ntcl" },
	[SQL_LIST] = { "SELECT name, rdtype, rdata, ttl FROM `@`", "", "ntcl" },
	[SQL_INSERT] = { "INSERT INTO `@` (name, rdtype, rdata, ttl) VALUES (?, ?, ?, ?)", "ntcl", "" },
	[SQL_DELETE] = { "DELETE FROM `@` WHERE name = ? AND rdtype = ? AND rdata = ?", "ntc", "" },
	[SQL_RAISE] = { "UPDATE `@` SET rdata = ? WHERE name = ? AND rdtype = 'SOA'", "sz", "" },
};

/* The operator's own; dynlease.conf(5) says what each takes and gives. */
static struct sqltext
own(const struct sqlconf *conf, enum sqldeed deed)
{
	const struct sqltext texts[SQLSTATEMENTS] = {
		[SQL_SELECT] = { conf->select, "n", "tcl" },
		[SQL_LIST] = { conf->list, "", "ntcl" },
		[SQL_INSERT] = { conf->insert, "ntcl", "" },
		[SQL_DELETE] = { conf->remove, "ntc", "" },
		[SQL_RAISE] = { conf->raise_serial, "z", "" },
	};

	return texts[deed];
}

bool
sqlschema_text(const struct sqlconf *conf, enum sqldeed deed, char text[SQLSCHEMA_TEXT], struct sqltext *result)
{
	const struct sqltext row = conf->schema == SQLSCHEMA_POWERDNS ? powerdns[deed] :
	    conf->schema == SQLSCHEMA_BIND ? bind_table[deed] : own(conf, deed);
	const char *table = conf->table == NULL ? "@" : conf->table;
	size_t at = 0;

	if (row.text == NULL)
		return false;
	for (const char *c = row.text; *c != '\0' && at + strlen(table) + 1 < SQLSCHEMA_TEXT; c++)
		if (*c == '@') {
			memcpy(text + at, table, strlen(table));
			at += strlen(table);
		} else {
			text[at++] = *c;
		}
	text[at] = '\0';
	*result = (struct sqltext){ text, row.takes, row.gives };
	return true;
}
