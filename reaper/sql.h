/* SPDX-License-Identifier: ISC */
/*
 * A connection to MariaDB: the only user of its client library. Values travel as bound parameters of prepared
 * statements, all of them as text, NULL being SQL's; nothing is ever quoted here, nor are two statements sent as one.
 * It never reconnects by itself.
 */
#ifndef DYNLEASE_SQL_H
#define DYNLEASE_SQL_H

#include <stddef.h>
#include <stdint.h>

#include "lib/status.h"

#define SQL_COLUMNS	16		/* parameters or columns of a statement at most */

enum sql_tls {
	SQL_TLS_NO,
	SQL_TLS_YES,		/* if the server has it; then its certificate is verified when there is a ca */
	SQL_TLS_REQUIRED	/* or no connection */
};

struct sql_login {
	const char	*host;		/* address or name; NULL: socket */
	const char	*socket;
	unsigned	 port;
	const char	*database;
	const char	*user;
	const char	*password_file;	/* NULL: none, the server goes by who we are (unix_socket) */
	enum sql_tls	 tls;
	const char	*ca;		/* PEM, or NULL */
	unsigned	 connect_seconds;
	unsigned	 answer_seconds;	/* for one answer, and for one lock */
};

struct sql;
struct sql_statement;

/*
 * Every function here returns one of these, and then why (of the size given) tells an operator what is wrong:
 * ST_CONFIG: until somebody changes something it will not do (login, rights, database, table, column, certificate);
 * ST_CLOSED: there is no server, or the connection is gone; ST_BUSY: a deadlock, or a lock that was not to be had:
 * the transaction was rolled back; ST_UNPUBLISHED: anything else that the server says no to; ST_NOMEM.
 */

/* The secret is read, used and wiped here. Close with sql_close(), NULL is fine. */
enum status	 sql_open(const struct sql_login *, struct sql **, char *why, size_t whysize);
void		 sql_close(struct sql *);

/* What was wrong with the last call that failed. */
const char	*sql_why(const struct sql *);

enum status	 sql_begin(struct sql *);
enum status	 sql_commit(struct sql *);
void		 sql_roll_back(struct sql *);

/*
 * Also proves that its tables and columns are there, and that the user may do it. parameters: how many it must take.
 * columns: how many it must give; 0: none. It is freed with the connection.
 */
enum status	 sql_prepare(struct sql *, const char *text, size_t parameters, size_t columns,
		    struct sql_statement **);

/*
 * Run a statement that gives rows. take gets each with its values, which hold until it returns, and are cut at 4095
 * bytes; when it fails the rest is not read, and its status is returned. No other statement may be run from it.
 */
typedef enum status sql_take(void *arg, const char *const *values);
enum status	 sql_read(struct sql_statement *, const char *const *values, sql_take *take, void *arg);

/*
 * Run a statement that changes something once for each of n rows, in few packets. values: those of the first row,
 * then those of the second; a statement without parameters is run once. *changed: how many rows of the table were.
 */
enum status	 sql_change(struct sql_statement *, const char *const *values, size_t n, uint64_t *changed);

#endif
