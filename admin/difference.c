/* SPDX-License-Identifier: ISC */
/*
 * Comparing an account with what it was.
 */
#include "difference.h"

#include <stdio.h>
#include <string.h>

#include "kinds.h"
#include "lib/secret.h"

/* The same secret, however it is sealed, as far as that can be known. */
static bool
is_same_secret(const struct seal *seal, const char *one, const char *two)
{
	char first[VERIFIER_SIZE], second[VERIFIER_SIZE];
	const bool same = strcmp(one, two) == 0 || (seal_open_verifier(seal, one, first) == ST_OK &&
	    seal_open_verifier(seal, two, second) == ST_OK && strcmp(first, second) == 0);

	secret_wipe(first, sizeof(first));
	secret_wipe(second, sizeof(second));
	return same;
}

/* Keys and certificates that are no more, or count for less. */
static bool
tell_credentials(const struct account *now, const struct account *then)
{
	char line[CREDENTIAL_LINE], mine[CREDENTIAL_LINE], shown[CREDENTIAL_VALUE];
	const char *at = then->credentials;
	struct credential c, kept;
	bool has, any = false;

	while (credentials_next(&at, &c)) {
		if ((has = credentials_find(now->credentials, c.kind, c.value, &kept))) {
			credential_print(&c, line);
			credential_print(&kept, mine);
			if (strcmp(line, mine) == 0)
				continue;
		}
		printf("account %s would have the %s %s %s\n", then->name, kinds[c.kind].what, kind_text(&c, shown),
		    has ? "as it was before" : "again");
		any = true;
	}
	return any;
}

static bool
tell(bool so, const char *account, const char *what)
{
	if (so)
		printf("account %s %s\n", account, what);
	return so;
}

bool
difference_tell(const struct seal *seal, const struct account *now, const struct account *then)
{
	char layers[LAYERS_TEXT], fewer[LAYERS_TEXT + 32];
	bool any;

	if (now == NULL)
		return tell(true, then->name, "would come back");
	snprintf(fewer, sizeof(fewer), "would not require %s any more",
	    layers_text(now->require & (uint8_t)~then->require, layers));
	any = tell(then->secret[0] != '\0' && !is_same_secret(seal, now->secret, then->secret), then->name,
	    "would have an older secret again");
	any |= tell(*layers != '\0', then->name, fewer);
	any |= tell(!networks_equal(&now->network, &then->network), then->name,
	    "could log in from other networks again");
	any |= tell(!networks_equal(&now->announce, &then->announce), then->name,
	    "could announce addresses of other networks again");
	return tell_credentials(now, then) || any;
}
