/* SPDX-License-Identifier: ISC */
/*
 * Open keys, and verifiers under them. The file in the run directory has a line for each key: its id, a blank, and the
 * key in base64.
 */
#include "seal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "seal_key.h"

#define PREFIX		"{sealed}"
#define HEAD		(sizeof(PREFIX) - 1 + SEAL_ID)	/* with the dollar sign */
#define LINE		(SEAL_ID + BASE64_TEXT(BOX_KEY))	/* with blank, newline and no NUL */
#define KEY_FILE_MAX	(SEAL_ENTRIES * LINE)

_Static_assert(HEAD + BOX_TEXT <= VERIFIER_SIZE, "a sealed verifier must fit");

bool
seal_is_id(const char *text)
{
	return strlen(text) == SEAL_ID - 1 && strspn(text, "0123456789abcdef") == SEAL_ID - 1;
}

const char *
seal_id(const struct seal *seal)
{
	return seal->id;
}

static const struct seal *
find(const struct seal *seal, const char *id)
{
	while (seal != NULL && strcmp(seal->id, id) != 0)
		seal = seal->next;
	return seal;
}

bool
seal_has(const struct seal *seal, const char *id)
{
	return find(seal, id) != NULL;
}

/* --- keys --- */

enum status
seal_make(struct seal **out)
{
	struct seal *seal = calloc(1, sizeof(*seal));
	char digits[TOKEN_SIZE];
	enum status st;

	*out = NULL;
	if (seal == NULL)
		return ST_NOMEM;
	if ((st = secret_new_token(digits)) == ST_OK && (st = secret_random(seal->key, BOX_KEY)) == ST_OK) {
		memcpy(seal->id, digits, SEAL_ID - 1);
		*out = seal;
	} else
		seal_free(seal);
	return st;
}

void
seal_free(struct seal *seal)
{
	struct seal *next;

	for (; seal != NULL; seal = next) {
		next = seal->next;
		secret_wipe(seal, sizeof(*seal));
		free(seal);
	}
}

enum status
seal_copy(const struct seal *seal, const char *id, struct seal **out)
{
	const struct seal *found = find(seal, id);

	*out = NULL;
	if (found == NULL)
		return ST_NOTFOUND;
	if ((*out = malloc(sizeof(**out))) == NULL)
		return ST_NOMEM;
	**out = *found;
	(*out)->next = NULL;
	return ST_OK;
}

void
seal_add(struct seal *seal, struct seal *more)
{
	while (seal->next != NULL)
		seal = seal->next;
	seal->next = more;
}

static enum status
read_key(char *line, struct seal **out)
{
	struct seal *seal = calloc(1, sizeof(*seal));
	char *base64 = strchr(line, ' ');
	size_t len;

	*out = seal;
	if (seal == NULL)
		return ST_NOMEM;
	if (base64 == NULL)
		return ST_DAMAGED;
	*base64++ = '\0';
	if (!seal_is_id(line) || !base64_read(base64, seal->key, BOX_KEY, &len) || len != BOX_KEY)
		return ST_DAMAGED;
	memcpy(seal->id, line, SEAL_ID);
	return ST_OK;
}

enum status
seal_load(const char *rundir, struct seal **out)
{
	char path[FILE_PATH + sizeof(SEAL_KEY_FILE)], *text = NULL, *rest, *line;
	struct seal *first = NULL, **end = &first;
	size_t len = 0;
	enum status st;

	*out = NULL;
	snprintf(path, sizeof(path), "%s/" SEAL_KEY_FILE, rundir);
	if ((st = file_read(path, KEY_FILE_MAX, &text, &len)) != ST_OK)
		return st == ST_INVALID ? ST_DAMAGED : st;
	rest = text;
	while (st == ST_OK && (line = strsep(&rest, "\n")) != NULL && *line != '\0') {
		st = read_key(line, end);
		end = *end != NULL ? &(*end)->next : end;
	}
	if (st == ST_OK && first == NULL)
		st = ST_DAMAGED;
	secret_wipe(text, len);
	free(text);
	if (st == ST_OK)
		*out = first;
	else
		seal_free(first);
	return st;
}

static size_t
print_key(const struct seal *seal, char *text)
{
	char base64[BASE64_TEXT(BOX_KEY)];
	int n;

	base64_write(seal->key, BOX_KEY, base64);
	n = snprintf(text, LINE + 1, "%s %s\n", seal->id, base64);
	secret_wipe(base64, sizeof(base64));
	return (size_t)n;
}

/*
 * The run directory belongs to the helper's user; what that one may have put in the key's place must not lend the key
 * its owner and mode.
 */
static bool
is_ours(const char *path, gid_t group)
{
	struct stat sb;

	return lstat(path, &sb) == 0 && S_ISREG(sb.st_mode) && sb.st_uid == geteuid() && sb.st_gid == group &&
	    (sb.st_mode & 07777) == 0640;
}

static enum status
give_to_group(const char *path, gid_t group)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	enum status st = ST_OK;

	if (fd < 0 || fchown(fd, (uid_t)-1, group) != 0 || fchmod(fd, 0640) != 0)
		st = ST_SYSTEM;
	if (fd >= 0)
		close(fd);
	return st;
}

enum status
seal_keep(const char *rundir, gid_t group, const struct seal *seal)
{
	char path[FILE_PATH + sizeof(SEAL_KEY_FILE)], text[KEY_FILE_MAX + 1];
	size_t len = 0;
	enum status st;

	snprintf(path, sizeof(path), "%s/" SEAL_KEY_FILE, rundir);
	for (; seal != NULL && len < KEY_FILE_MAX; seal = seal->next)
		len += print_key(seal, text + len);
	file_remove_leftovers(path);
	if (!is_ours(path, group) && unlink(path) != 0 && errno != ENOENT)
		st = ST_SYSTEM;
	else if ((st = file_replace(path, text, len, 0640)) == ST_OK)
		st = give_to_group(path, group);
	secret_wipe(text, sizeof(text));
	return st;
}

enum status
seal_drop(const char *rundir)
{
	char path[FILE_PATH + sizeof(SEAL_KEY_FILE)];

	snprintf(path, sizeof(path), "%s/" SEAL_KEY_FILE, rundir);
	file_remove_leftovers(path);
	if (unlink(path) == 0)
		return ST_OK;
	return errno == ENOENT ? ST_NOTFOUND : ST_SYSTEM;
}

/* --- verifiers --- */

bool
seal_is_sealed(const char *verifier)
{
	return strncmp(verifier, PREFIX, sizeof(PREFIX) - 1) == 0;
}

bool
seal_is_verifier(const char *text, char id[SEAL_ID])
{
	uint8_t bytes[BOX_TEXT];
	size_t len;

	if (!seal_is_sealed(text) || strlen(text) <= HEAD || strlen(text) >= VERIFIER_SIZE || text[HEAD - 1] != '$')
		return false;
	memcpy(id, text + sizeof(PREFIX) - 1, SEAL_ID - 1);
	id[SEAL_ID - 1] = '\0';
	return seal_is_id(id) && base64_read(text + HEAD, bytes, sizeof(bytes), &len);
}

enum status
seal_open_verifier(const struct seal *seal, const char *text, char verifier[VERIFIER_SIZE])
{
	char label[HEAD + 1];
	struct box box = { .label = label };
	const struct seal *key;
	enum status st;

	verifier[0] = '\0';
	if (strlen(text) >= VERIFIER_SIZE)
		return ST_DAMAGED;
	if (!seal_is_sealed(text)) {
		memcpy(verifier, text, strlen(text) + 1);
		return ST_OK;
	}
	if (strlen(text) <= HEAD)
		return ST_DAMAGED;
	memcpy(label, text, HEAD);
	label[HEAD - 1] = '\0';
	if ((key = find(seal, label + sizeof(PREFIX) - 1)) == NULL)
		return ST_LOCKED;
	if ((st = box_open(key->key, text + HEAD, &box)) == ST_OK) {
		memcpy(verifier, box.bytes, box.len);
		verifier[box.len] = '\0';
	}
	secret_wipe(&box, sizeof(box));
	return st;
}

enum status
seal_close_verifier(const struct seal *seal, const char *id, const char *verifier, char text[VERIFIER_SIZE])
{
	const struct seal *key = find(seal, id);
	char label[HEAD + 1], sealed[BOX_TEXT];
	struct box box = { .label = label };
	enum status st;

	text[0] = '\0';
	if (key == NULL)
		return ST_LOCKED;
	if (!secret_is_verifier(verifier))
		return ST_INVALID;
	snprintf(label, sizeof(label), PREFIX "%s", id);
	box.len = strlen(verifier);
	memcpy(box.bytes, verifier, box.len);
	if ((st = box_close(key->key, &box, sealed)) == ST_OK)
		snprintf(text, VERIFIER_SIZE, "%s$%s", label, sealed);
	secret_wipe(&box, sizeof(box));
	return st;
}
