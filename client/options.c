/* SPDX-License-Identifier: ISC */
/*
 * Options and operands by getopt_long(3); they may come in any order. A secret is never one of them.
 */
#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/stdlib.h>

#include "config.h"

enum {
	OPT_SECRET_FD = 256, OPT_ASK, OPT_JSON, OPT_VIA, OPT_OUT, OPT_NAME, OPT_FORCE, OPT_SHOW, OPT_HELP, OPT_VERSION
};

static const struct option long_options[] = {
	{ "ipv4", no_argument, NULL, '4' },
	{ "ipv6", no_argument, NULL, '6' },
	{ "config", required_argument, NULL, 'c' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "secret-fd", required_argument, NULL, OPT_SECRET_FD },
	{ "ask", no_argument, NULL, OPT_ASK },
	{ "via", required_argument, NULL, OPT_VIA },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "out", required_argument, NULL, OPT_OUT },
	{ "name", required_argument, NULL, OPT_NAME },
	{ "force", no_argument, NULL, OPT_FORCE },
	{ "show", no_argument, NULL, OPT_SHOW },
	{ "help", no_argument, NULL, OPT_HELP },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ NULL, 0, NULL, 0 }
};

static void
wrong(struct options *o, const char *text, const char *what)
{
	fprintf(stderr, "dynlease: %s%s\n", text, what);
	o->todo = OPTIONS_WRONG;
}

static void
take_secret_fd(struct options *o, const char *text)
{
	const char *error;

	o->secret_fd = (int)strtonum(text, 0, 65535, &error);
	if (error != NULL)
		wrong(o, "--secret-fd: not a descriptor's number: ", text);
}

/* False: none of keygen's. */
static bool
take_keygen_option(int c, struct keygen *k)
{
	switch (c) {
	case 'o':
		k->base = optarg;
		return true;
	case OPT_OUT:
		k->dir = optarg;
		return true;
	case OPT_NAME:
		k->name = optarg;
		return true;
	case OPT_FORCE:
		k->force = true;
		return true;
	case OPT_SHOW:
		k->show = true;
		return true;
	default:
		return false;
	}
}

static void
take_option(int c, struct options *o)
{
	switch (c) {
	case '4':
		o->families |= FAMILY_4;
		break;
	case '6':
		o->families |= FAMILY_6;
		break;
	case 'c':
		o->conf = optarg;
		break;
	case 'v':
		o->verbose = true;
		break;
	case OPT_SECRET_FD:
		take_secret_fd(o, optarg);
		break;
	case 'D':
		o->to_stderr = true;
		break;
	case OPT_VIA:
		o->via = optarg;
		break;
	case OPT_ASK:
		o->ask = true;
		break;
	case OPT_JSON:
		o->json = true;
		break;
	case OPT_HELP:
		o->todo = OPTIONS_HELP;
		break;
	case OPT_VERSION:
		o->todo = OPTIONS_VERSION;
		break;
	default:
		if (!take_keygen_option(c, &o->keygen))
			o->todo = OPTIONS_WRONG;
	}
}

static void
take_hosts(char **words, int n, struct options *o)
{
	int i;

	if ((o->hosts = calloc((size_t)n + 1, NAME_SIZE)) == NULL)
		wrong(o, "out of memory", "");
	for (i = 0; i < n && o->todo == OPTIONS_RUN; i++)
		if (name_parse(words[i], strlen(words[i]), o->hosts[o->nhosts++]) != ST_OK)
			wrong(o, "not a host's name: ", words[i]);
}

void
options_parse(int argc, char **argv, struct options *o)
{
	int c;

	*o = (struct options){ .todo = OPTIONS_RUN, .conf = CLIENT_CONF_PATH, .secret_fd = -1 };
	while (o->todo == OPTIONS_RUN && (c = getopt_long(argc, argv, "46c:Do:v", long_options, NULL)) != -1)
		take_option(c, o);
	if (o->todo != OPTIONS_RUN)
		return;
	if (optind == argc)
		wrong(o, "which command?", "");
	else if (o->ask && o->secret_fd != -1)
		wrong(o, "--ask and --secret-fd exclude each other", "");
	else
		o->command = argv[optind++];
	if (o->todo == OPTIONS_RUN)
		take_hosts(argv + optind, argc - optind, o);
}
