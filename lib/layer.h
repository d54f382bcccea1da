/* SPDX-License-Identifier: ISC */
/*
 * The ways to authenticate, a row each, and lists of them. A layer is its row here and a file of its name in
 * auth-helper/, which defines NAME_pass(). Pure.
 */
#ifndef DYNLEASE_LAYER_H
#define DYNLEASE_LAYER_H

#include <stdint.h>

#include "status.h"

/*
 * ROW(constant, word, bit, holder), those that cost least first: an account's layers are judged in this order. The
 * bits are stored. holder: who passes holds a secret that cannot be guessed, so that failures are counted for the
 * account from there on, and no longer for where the connection comes from.
 */
#define LAYER_ROWS(ROW)				\
	ROW(NETWORK, network, 8, false)		\
	ROW(SSH, ssh, 16, true)			\
	ROW(KEY, key, 4, true)			\
	ROW(CERT, cert, 2, true)		\
	ROW(PASSWORD, password, 1, false)

#define LAYER_CONSTANT(constant, word, bit, holder)	LAYER_##constant = (bit),
enum layer_bit { LAYER_ROWS(LAYER_CONSTANT) };
#undef LAYER_CONSTANT

#define LAYERS_TEXT	64

/* "network+key", for people and for records; "" for none. Returns text. */
const char	*layers_text(uint8_t layers, char text[LAYERS_TEXT]);

/* Words joined by "+", blanks or both, each once or more. ST_INVALID: a word is no layer, or there is none. */
enum status	 layers_parse(const char *text, uint8_t *layers);

#endif
