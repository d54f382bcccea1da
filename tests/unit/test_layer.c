/* SPDX-License-Identifier: ISC */
/*
 * Lists of layers, as words and as bits.
 */
#include <string.h>

#include "lib/layer.h"
#include "tests/unit/tap.h"

int
main(void)
{
	static const struct { const char *text; uint8_t layers; } good[] = {
		{ "password", LAYER_PASSWORD },
		{ "network+key", LAYER_NETWORK | LAYER_KEY },
		{ " key + network ", LAYER_NETWORK | LAYER_KEY },
		{ "cert password", LAYER_CERT | LAYER_PASSWORD },
		{ "ssh+ssh", LAYER_SSH },
	};
	static const char *const bad[] = { "", " ", "+", "iris", "key+iris", "keys", "ke", "KEY", "key,cert" };
	char text[LAYERS_TEXT];
	uint8_t layers;

	ok(strcmp(layers_text(0xff, text), "network+ssh+key+cert+password") == 0, "all have a name, the cheapest first");
	ok(strcmp(layers_text(0, text), "") == 0, "no layer, no text");
	ok(LAYER_PASSWORD == 1 && LAYER_CERT == 2 && LAYER_KEY == 4 && LAYER_NETWORK == 8 && LAYER_SSH == 16,
	    "the bits are those that are stored");
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		ok(layers_parse(good[i].text, &layers) == ST_OK && layers == good[i].layers, "\"%s\"", good[i].text);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ok(layers_parse(bad[i], &layers) == ST_INVALID, "no layers: \"%s\"", bad[i]);
	return done_testing();
}
