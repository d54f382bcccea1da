/* SPDX-License-Identifier: ISC */
/*
 * The wrapped key on the disk, version 1; text, every byte of it counts:
 *
 *	dynlease seal 1
 *	key 0123456789abcdef
 *	passphrase scrypt 65536 8 1 SALT BOX
 *	recovery scrypt 65536 8 1 SALT BOX
 *
 * The last three lines come twice while the key is exchanged, the old one first; the accounts say which of the two
 * counts (account.h). SALT is 16 bytes; scrypt with these N, r and p makes of it and of the passphrase, or of the 40
 * hex digits of the recovery key, what opens BOX (seal_box.h), where the 32 bytes of the key are; the box's label is
 * "WORD ID". SALT and BOX are base64.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include <bsd/stdlib.h>
#include <bsd/string.h>

#include "file.h"
#include "seal_key.h"

#define FIRST_LINE	"dynlease seal 1"
#define PASSPHRASE	"passphrase"
#define RECOVERY	"recovery"
#define FILE_MAX	(SEAL_ENTRIES * (2 * SEAL_WRAP + 64) + 32)

#define COST_N		65536
#define COST_R		8
#define COST_P		1
#define COST_MAX	(1 << 20)	/* of the N that a file may ask for: 1 GiB */
#define SALT_BYTES	16

struct cost {
	uint64_t	n, r, p;
	uint8_t		salt[SALT_BYTES];
	char		box[BOX_TEXT];
};

/* --- one wrap --- */

static bool
number(const char *text, long long max, uint64_t *value)
{
	const char *error = NULL;

	*value = text == NULL ? 0 : (uint64_t)strtonum(text, 1, max, &error);
	return text != NULL && error == NULL;
}

static bool
read_wrap(const char *wrap, struct cost *cost)
{
	char copy[SEAL_WRAP], *rest = copy, *word;
	size_t len;

	if (strlcpy(copy, wrap, sizeof(copy)) >= sizeof(copy) || (word = strsep(&rest, " ")) == NULL ||
	    strcmp(word, "scrypt") != 0 || !number(strsep(&rest, " "), COST_MAX, &cost->n) ||
	    !number(strsep(&rest, " "), 64, &cost->r) || !number(strsep(&rest, " "), 16, &cost->p) ||
	    (word = strsep(&rest, " ")) == NULL || !base64_read(word, cost->salt, SALT_BYTES, &len) ||
	    len != SALT_BYTES || rest == NULL)
		return false;
	return strlcpy(cost->box, rest, sizeof(cost->box)) < sizeof(cost->box) && strchr(rest, ' ') == NULL;
}

static enum status
stretch(const struct cost *cost, const char *secret, uint8_t key[BOX_KEY])
{
	const uint64_t memory = 128 * cost->r * (cost->n + cost->p + 2) + 65536;

	return EVP_PBE_scrypt(secret, strlen(secret), cost->salt, SALT_BYTES, cost->n, cost->r, cost->p, memory, key,
	    BOX_KEY) == 1 ? ST_OK : ST_SYSTEM;
}

static enum status
wrap_by(const struct seal *seal, const char *word, const char *secret, char wrap[SEAL_WRAP])
{
	struct cost cost = { .n = COST_N, .r = COST_R, .p = COST_P };
	char label[SEAL_ID + 32], salt[BASE64_TEXT(SALT_BYTES)];
	struct box box = { .label = label, .len = BOX_KEY };
	uint8_t key[BOX_KEY];
	enum status st;

	snprintf(label, sizeof(label), "%s %s", word, seal->id);
	memcpy(box.bytes, seal->key, BOX_KEY);
	if ((st = secret_random(cost.salt, SALT_BYTES)) == ST_OK && (st = stretch(&cost, secret, key)) == ST_OK)
		st = box_close(key, &box, cost.box);
	base64_write(cost.salt, SALT_BYTES, salt);
	if (st == ST_OK && snprintf(wrap, SEAL_WRAP, "scrypt %d %d %d %s %s", COST_N, COST_R, COST_P, salt,
	    cost.box) >= SEAL_WRAP)
		st = ST_INVALID;
	secret_wipe(&box, sizeof(box));
	secret_wipe(key, sizeof(key));
	return st;
}

enum status
seal_wrap(const struct seal *seal, const char *passphrase, const char *recovery, struct seal_entry *entry)
{
	enum status st;

	*entry = (struct seal_entry){ .id = "" };
	memcpy(entry->id, seal->id, SEAL_ID);
	if ((st = wrap_by(seal, PASSPHRASE, passphrase, entry->passphrase)) != ST_OK)
		return st;
	return wrap_by(seal, RECOVERY, recovery, entry->recovery);
}

enum status
seal_unwrap(const struct seal_entry *entry, bool by_recovery, const char *secret, struct seal **out)
{
	char label[SEAL_ID + 32];
	struct box box = { .label = label };
	uint8_t key[BOX_KEY];
	struct cost cost;
	enum status st;

	*out = NULL;
	if (!read_wrap(by_recovery ? entry->recovery : entry->passphrase, &cost))
		return ST_DAMAGED;
	snprintf(label, sizeof(label), "%s %s", by_recovery ? RECOVERY : PASSPHRASE, entry->id);
	if ((st = stretch(&cost, secret, key)) == ST_OK && box_open(key, cost.box, &box) != ST_OK)
		st = ST_DENIED;
	if (st == ST_OK && box.len != BOX_KEY)
		st = ST_DAMAGED;
	if (st == ST_OK && (*out = calloc(1, sizeof(**out))) == NULL)
		st = ST_NOMEM;
	if (st == ST_OK) {
		memcpy((*out)->id, entry->id, SEAL_ID);
		memcpy((*out)->key, box.bytes, BOX_KEY);
	}
	secret_wipe(&box, sizeof(box));
	secret_wipe(key, sizeof(key));
	return st;
}

/* --- the file --- */

/* "WORD REST": REST to value. */
static bool
take_line(char **rest, const char *word, char *value, size_t size)
{
	const char *line = strsep(rest, "\n");
	const size_t len = strlen(word);

	return line != NULL && *rest != NULL && strncmp(line, word, len) == 0 && line[len] == ' ' &&
	    strlcpy(value, line + len + 1, size) < size;
}

static bool
take_entry(char **rest, struct seal_entry *entry)
{
	struct cost cost;

	return take_line(rest, "key", entry->id, sizeof(entry->id)) && seal_is_id(entry->id) &&
	    take_line(rest, PASSPHRASE, entry->passphrase, SEAL_WRAP) && read_wrap(entry->passphrase, &cost) &&
	    take_line(rest, RECOVERY, entry->recovery, SEAL_WRAP) && read_wrap(entry->recovery, &cost);
}

enum status
seal_file_read(const char *path, struct seal_file *file)
{
	char *text = NULL, *rest, *line;
	size_t len = 0;
	bool whole;
	enum status st;

	*file = (struct seal_file){ .n = 0 };
	if ((st = file_read(path, FILE_MAX, &text, &len)) != ST_OK)
		return st == ST_INVALID ? ST_DAMAGED : st;
	rest = text;
	line = strsep(&rest, "\n");
	whole = rest != NULL && strlen(line) + 1 + strlen(rest) == len && strcmp(line, FIRST_LINE) == 0;
	while (whole && *rest != '\0' && file->n < SEAL_ENTRIES)
		whole = take_entry(&rest, &file->list[file->n++]);
	whole = whole && *rest == '\0' && file->n > 0;
	free(text);
	if (!whole)
		*file = (struct seal_file){ .n = 0 };
	return whole ? ST_OK : ST_DAMAGED;
}

enum status
seal_file_write(const char *path, const struct seal_file *file)
{
	char text[FILE_MAX];
	size_t at = (size_t)snprintf(text, sizeof(text), FIRST_LINE "\n");

	for (size_t i = 0; i < file->n; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "key %s\n" PASSPHRASE " %s\n" RECOVERY " %s\n",
		    file->list[i].id, file->list[i].passphrase, file->list[i].recovery);
	return file_replace(path, text, at, 0600);
}

const struct seal_entry *
seal_file_find(const struct seal_file *file, const char *id)
{
	for (size_t i = 0; i < file->n; i++)
		if (strcmp(file->list[i].id, id) == 0)
			return &file->list[i];
	return NULL;
}
