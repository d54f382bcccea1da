/* SPDX-License-Identifier: ISC */
/*
 * The names of the layers. What they do is in auth-helper/.
 */
#include "layer.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define SEPARATORS	"+ \t"

#define LAYER_NAME(constant, word, bit, holder)	{ #word, (bit) },
static const struct {
	const char	*word;
	uint8_t		 bit;
} names[] = { LAYER_ROWS(LAYER_NAME) };
#define NLAYERS	(sizeof(names) / sizeof(names[0]))

const char *
layers_text(uint8_t layers, char text[LAYERS_TEXT])
{
	size_t at = 0;

	text[0] = '\0';
	for (size_t i = 0; i < NLAYERS; i++)
		if ((layers & names[i].bit) != 0)
			at += (size_t)snprintf(text + at, LAYERS_TEXT - at, "%s%s", at > 0 ? "+" : "", names[i].word);
	return text;
}

enum status
layers_parse(const char *text, uint8_t *layers)
{
	size_t len, i;

	*layers = 0;
	for (text += strspn(text, SEPARATORS); *text != '\0'; text += strspn(text, SEPARATORS)) {
		len = strcspn(text, SEPARATORS);
		for (i = 0; i < NLAYERS && (strlen(names[i].word) != len || memcmp(names[i].word, text, len) != 0); i++)
			continue;
		if (i == NLAYERS)
			return ST_INVALID;
		*layers |= names[i].bit;
		text += len;
	}
	return *layers != 0 ? ST_OK : ST_INVALID;
}
