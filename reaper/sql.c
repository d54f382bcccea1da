/* SPDX-License-Identifier: ISC */
/*
 * Connections and statements of MariaDB, and what its error numbers mean to an operator.
 */
#include "sql.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <errmsg.h>
#include <mysql.h>
#include <mysqld_error.h>

#include "lib/file.h"
#include "lib/log.h"
#include "lib/secret.h"

enum {
	VALUE_SIZE = 4096,
	BATCH = 1000,		/* rows in one packet: 16 columns of names stay below max_allowed_packet's default */
	WHY_SIZE = 200,
	STATEMENTS = 16
};

/* A server must not talk us into sending the password itself. */
#define WAYS_TO_LOG_IN	"mysql_native_password,client_ed25519"

struct sql_statement {
	struct sql	*sql;
	MYSQL_STMT	*stmt;
	size_t		 parameters, columns;
};

struct sql {
	MYSQL			*mysql;
	char			 why[WHY_SIZE];
	size_t			 n;
	struct sql_statement	 statements[STATEMENTS];
};

/* --- what went wrong --- */

struct meaning {
	unsigned	 error;
	enum status	 st;
	const char	*advice;	/* before the server's words */
};

static const struct meaning meanings[] = {
	{ ER_ACCESS_DENIED_ERROR, ST_CONFIG, "the database refuses the user or its password" },
	{ ER_ACCESS_DENIED_NO_PASSWORD_ERROR, ST_CONFIG, "the database refuses the user" },
	{ ER_HOST_NOT_PRIVILEGED, ST_CONFIG, "the database takes nobody from this machine" },
	{ ER_DBACCESS_DENIED_ERROR, ST_CONFIG, "the user has no right to the database" },
	{ ER_TABLEACCESS_DENIED_ERROR, ST_CONFIG, "the user lacks a right" },
	{ ER_COLUMNACCESS_DENIED_ERROR, ST_CONFIG, "the user lacks a right" },
	{ ER_SPECIFIC_ACCESS_DENIED_ERROR, ST_CONFIG, "the user lacks a right" },
	{ ER_BAD_DB_ERROR, ST_CONFIG, "there is no such database" },
	{ ER_NO_SUCH_TABLE, ST_CONFIG, "a table is missing: is it the right schema?" },
	{ ER_BAD_FIELD_ERROR, ST_CONFIG, "a column is missing: is it the right schema?" },
	{ ER_PARSE_ERROR, ST_CONFIG, "a statement of the configuration is not SQL" },
	{ CR_PLUGIN_NOT_ALLOWED, ST_CONFIG, "the database asks for a way to log in that is not allowed here" },
	{ CR_AUTH_PLUGIN_CANNOT_LOAD, ST_CONFIG, "the database asks the user to log in in an unknown way" },
	{ CR_SSL_CONNECTION_ERROR, ST_CONFIG, "no TLS that can be trusted" },
	{ CR_UNKNOWN_HOST, ST_CLOSED, "its name cannot be resolved" },
	{ CR_CONNECTION_ERROR, ST_CLOSED, "the database does not answer" },
	{ CR_CONN_HOST_ERROR, ST_CLOSED, "the database does not answer" },
	{ CR_SERVER_GONE_ERROR, ST_CLOSED, "the connection to the database was lost" },
	{ CR_SERVER_LOST, ST_CLOSED, "the connection to the database was lost" },
	{ ER_SERVER_SHUTDOWN, ST_CLOSED, "the database is being shut down" },
	{ ER_CONNECTION_KILLED, ST_CLOSED, "the connection to the database was killed" },
	{ ER_LOCK_DEADLOCK, ST_BUSY, "deadlock with another session" },
	{ ER_LOCK_WAIT_TIMEOUT, ST_BUSY, "another session holds a lock" },
	{ ER_OPTION_PREVENTS_STATEMENT, ST_UNPUBLISHED, "the database cannot be written" },
	{ ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION, ST_UNPUBLISHED, "the database cannot be written" },
	{ CR_OUT_OF_MEMORY, ST_NOMEM, "out of memory" },
	{ 0, ST_UNPUBLISHED, "the database refuses" }
};

static enum status
judge(unsigned error, const char *text, char *why, size_t whysize)
{
	const struct meaning *m = meanings;
	char escaped[WHY_SIZE - 70];

	while (m->error != 0 && m->error != error)
		m++;
	/* Then the library's words come from memory that it has freed. */
	if (error == CR_PLUGIN_NOT_ALLOWED)
		text = "only by " WAYS_TO_LOG_IN;
	log_escape(escaped, sizeof(escaped), text, strlen(text));
	snprintf(why, whysize, "%s: %s (%u)", m->advice, escaped, error);
	return m->st;
}

static enum status
failed(struct sql *sql)
{
	return judge(mysql_errno(sql->mysql), mysql_error(sql->mysql), sql->why, sizeof(sql->why));
}

static enum status
statement_failed(struct sql_statement *s)
{
	/* What goes wrong while rows are fetched is known to the connection only. */
	if (mysql_stmt_errno(s->stmt) == 0)
		return failed(s->sql);
	return judge(mysql_stmt_errno(s->stmt), mysql_stmt_error(s->stmt), s->sql->why, sizeof(s->sql->why));
}

const char *
sql_why(const struct sql *sql)
{
	return sql->why;
}

/* --- the connection --- */

static void
set_options(MYSQL *mysql, const struct sql_login *login)
{
	const unsigned no_files = 0;
	const my_bool yes = 1, no = 0;
	unsigned protocol = login->host == NULL ? MYSQL_PROTOCOL_SOCKET : MYSQL_PROTOCOL_TCP;

	mysql_options(mysql, MYSQL_OPT_PROTOCOL, &protocol);
	mysql_options(mysql, MYSQL_OPT_LOCAL_INFILE, &no_files);
	mysql_options(mysql, MYSQL_OPT_RECONNECT, &no);
	mysql_options(mysql, MYSQL_OPT_CONNECT_TIMEOUT, &login->connect_seconds);
	mysql_options(mysql, MYSQL_OPT_READ_TIMEOUT, &login->answer_seconds);
	mysql_options(mysql, MYSQL_OPT_WRITE_TIMEOUT, &login->answer_seconds);
	mysql_options(mysql, MYSQL_SET_CHARSET_NAME, "latin1");
	mysql_options(mysql, MARIADB_OPT_RESTRICTED_AUTH, WAYS_TO_LOG_IN);
	/* Said in every case: what is preset differs from one version of the library to the next. */
	mysql_options(mysql, MYSQL_OPT_SSL_ENFORCE, login->tls == SQL_TLS_REQUIRED ? &yes : &no);
	mysql_options(mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT,
	    login->tls != SQL_TLS_NO && login->ca != NULL ? &yes : &no);
	if (login->tls != SQL_TLS_NO)
		mysql_ssl_set(mysql, NULL, NULL, login->ca, NULL, NULL);
}

static enum status
read_password(const struct sql_login *login, char password[SECRET_SIZE], char *why, size_t whysize)
{
	if (login->password_file == NULL || file_read_secret(login->password_file, password, SECRET_SIZE) == ST_OK)
		return ST_OK;
	snprintf(why, whysize, "%s cannot be read: it must be a file with the password in its first line, and for "
	    "nobody but the reaper's user", login->password_file);
	return ST_CONFIG;
}

/* The library keeps a copy to reconnect with, which is never done. */
static void
wipe_copy(MYSQL *mysql)
{
	if (mysql->passwd != NULL)
		secret_wipe(mysql->passwd, strlen(mysql->passwd));
}

static enum status
log_in(struct sql *sql, const struct sql_login *login)
{
	char password[SECRET_SIZE] = "", wait[80];
	enum status st;

	if ((st = read_password(login, password, sql->why, sizeof(sql->why))) != ST_OK)
		return st;
	if (mysql_real_connect(sql->mysql, login->host, login->user, password, login->database, login->port,
	    login->socket, CLIENT_FOUND_ROWS) == NULL)
		st = failed(sql);
	secret_wipe(password, sizeof(password));
	wipe_copy(sql->mysql);
	/* Half of what an answer may take, so that it is the server who gives up and tells why. */
	snprintf(wait, sizeof(wait), "SET SESSION innodb_lock_wait_timeout = %u", (login->answer_seconds + 1) / 2);
	if (st == ST_OK && mysql_query(sql->mysql, wait) != 0)
		st = failed(sql);
	return st;
}

enum status
sql_open(const struct sql_login *login, struct sql **result, char *why, size_t whysize)
{
	struct sql *sql = calloc(1, sizeof(*sql));
	enum status st = ST_NOMEM;

	*result = NULL;
	if (sql == NULL || (sql->mysql = mysql_init(NULL)) == NULL) {
		snprintf(why, whysize, "out of memory");
		goto out;
	}
	set_options(sql->mysql, login);
	if ((st = log_in(sql, login)) != ST_OK) {
		snprintf(why, whysize, "%s", sql->why);
		goto out;
	}
	*result = sql;
	sql = NULL;
out:
	sql_close(sql);
	return st;
}

void
sql_close(struct sql *sql)
{
	if (sql == NULL)
		return;
	for (size_t i = 0; i < sql->n; i++)
		mysql_stmt_close(sql->statements[i].stmt);
	if (sql->mysql != NULL)
		mysql_close(sql->mysql);
	free(sql);
}

enum status
sql_begin(struct sql *sql)
{
	return mysql_query(sql->mysql, "START TRANSACTION") == 0 ? ST_OK : failed(sql);
}

enum status
sql_commit(struct sql *sql)
{
	return mysql_query(sql->mysql, "COMMIT") == 0 ? ST_OK : failed(sql);
}

void
sql_roll_back(struct sql *sql)
{
	mysql_query(sql->mysql, "ROLLBACK");	/* if that fails, the connection and it are gone */
}

/* --- statements --- */

static enum status
check_counts(const struct sql_statement *s, const char *text)
{
	const size_t takes = mysql_stmt_param_count(s->stmt), gives = mysql_stmt_field_count(s->stmt);

	if (takes == s->parameters && gives == s->columns)
		return ST_OK;
	snprintf(s->sql->why, sizeof(s->sql->why), "a statement must take %zu parameters and give %zu columns, and "
	    "takes %zu and gives %zu: %.60s", s->parameters, s->columns, takes, gives, text);
	return ST_CONFIG;
}

enum status
sql_prepare(struct sql *sql, const char *text, size_t parameters, size_t columns, struct sql_statement **result)
{
	struct sql_statement *s;

	*result = NULL;
	if (sql->n == STATEMENTS)
		return ST_NOMEM;
	s = &sql->statements[sql->n];
	*s = (struct sql_statement){ .sql = sql, .parameters = parameters, .columns = columns };
	if ((s->stmt = mysql_stmt_init(sql->mysql)) == NULL)
		return failed(sql);
	sql->n++;
	if (mysql_stmt_prepare(s->stmt, text, strlen(text)) != 0)
		return statement_failed(s);
	*result = s;
	return check_counts(s, text);
}

/* What fetching needs for each column. */
struct column {
	char		value[VALUE_SIZE];
	unsigned long	len;
	my_bool		is_null;
	my_bool		is_cut;
};

static enum status
bind_columns(struct sql_statement *s, struct column *columns)
{
	MYSQL_BIND binds[SQL_COLUMNS];

	memset(binds, 0, sizeof(binds));
	for (size_t i = 0; i < s->columns; i++) {
		binds[i].buffer_type = MYSQL_TYPE_STRING;
		binds[i].buffer = columns[i].value;
		binds[i].buffer_length = VALUE_SIZE - 1;
		binds[i].length = &columns[i].len;
		binds[i].is_null = &columns[i].is_null;
		binds[i].error = &columns[i].is_cut;
	}
	return mysql_stmt_bind_result(s->stmt, binds) == 0 ? ST_OK : statement_failed(s);
}

static enum status
fetch_all(struct sql_statement *s, struct column *columns, sql_take *take, void *arg)
{
	const char *values[SQL_COLUMNS] = { NULL };
	enum status st = ST_OK;
	int got = 0;

	while (st == ST_OK && ((got = mysql_stmt_fetch(s->stmt)) == 0 || got == MYSQL_DATA_TRUNCATED)) {
		for (size_t i = 0; i < s->columns; i++) {
			const unsigned long len = columns[i].len < VALUE_SIZE - 1 ? columns[i].len : VALUE_SIZE - 1;

			columns[i].value[len] = '\0';
			values[i] = columns[i].is_null ? NULL : columns[i].value;
		}
		st = take(arg, values);
	}
	return got == 1 ? statement_failed(s) : st;
}

static enum status
bind_parameters(struct sql_statement *s, const char *const *values)
{
	MYSQL_BIND binds[SQL_COLUMNS];

	memset(binds, 0, sizeof(binds));
	for (size_t i = 0; i < s->parameters; i++) {
		binds[i].buffer_type = values[i] == NULL ? MYSQL_TYPE_NULL : MYSQL_TYPE_STRING;
		binds[i].buffer = (void *)(uintptr_t)values[i];
		binds[i].buffer_length = values[i] == NULL ? 0 : strlen(values[i]);
	}
	return mysql_stmt_bind_param(s->stmt, binds) == 0 ? ST_OK : statement_failed(s);
}

enum status
sql_read(struct sql_statement *s, const char *const *values, sql_take *take, void *arg)
{
	struct column *columns = calloc(SQL_COLUMNS, sizeof(*columns));
	enum status st = ST_NOMEM;

	if (columns == NULL || (s->parameters > 0 && (st = bind_parameters(s, values)) != ST_OK))
		goto out;
	if (mysql_stmt_execute(s->stmt) != 0) {
		st = statement_failed(s);
		goto out;
	}
	if ((st = bind_columns(s, columns)) == ST_OK)
		st = fetch_all(s, columns, take, arg);
	mysql_stmt_free_result(s->stmt);
out:
	free(columns);
	return st;
}

/* Values stand in rows; the library wants columns, each with a mark for NULL or text. */
struct batch {
	const char	*values[SQL_COLUMNS][BATCH];
	char		 marks[SQL_COLUMNS][BATCH];
};

static enum status
change_batch(struct sql_statement *s, struct batch *batch, const char *const *values, unsigned rows)
{
	MYSQL_BIND binds[SQL_COLUMNS];

	memset(binds, 0, sizeof(binds));
	for (size_t i = 0; i < s->parameters; i++) {
		for (size_t row = 0; row < rows; row++) {
			const char *value = values[row * s->parameters + i];

			batch->values[i][row] = value;
			batch->marks[i][row] = value == NULL ? STMT_INDICATOR_NULL : STMT_INDICATOR_NTS;
		}
		binds[i].buffer_type = MYSQL_TYPE_STRING;
		binds[i].buffer = batch->values[i];
		binds[i].u.indicator = batch->marks[i];
	}
	if (mysql_stmt_attr_set(s->stmt, STMT_ATTR_ARRAY_SIZE, &rows) != 0 ||
	    mysql_stmt_bind_param(s->stmt, binds) != 0 || mysql_stmt_execute(s->stmt) != 0)
		return statement_failed(s);
	return ST_OK;
}

enum status
sql_change(struct sql_statement *s, const char *const *values, size_t n, uint64_t *changed)
{
	struct batch *batch = malloc(sizeof(*batch));
	enum status st = batch == NULL ? ST_NOMEM : ST_OK;

	*changed = 0;
	if (st == ST_OK && s->parameters == 0) {
		st = mysql_stmt_execute(s->stmt) == 0 ? ST_OK : statement_failed(s);
		*changed = mysql_stmt_affected_rows(s->stmt);
		n = 0;
	}
	for (size_t at = 0; at < n && st == ST_OK; at += BATCH) {
		const unsigned rows = n - at < BATCH ? (unsigned)(n - at) : BATCH;

		if ((st = change_batch(s, batch, values + at * s->parameters, rows)) == ST_OK)
			*changed += mysql_stmt_affected_rows(s->stmt);
	}
	free(batch);
	return st;
}
