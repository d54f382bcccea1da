/* SPDX-License-Identifier: ISC */
/*
 * Which rows go and which come, as a list in steps.
 */
#include "sqlplan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"

enum status
sqlplan_drop(struct sqlplan *plan, const struct sqlrow *row)
{
	if (plan->ndrop == plan->drop_room) {
		const size_t room = plan->drop_room == 0 ? 64 : 2 * plan->drop_room;
		const struct sqlrow **list = reallocarray(plan->drop, room, sizeof(const struct sqlrow *));

		if (list == NULL)
			return ST_NOMEM;
		plan->drop = list;
		plan->drop_room = room;
	}
	plan->drop[plan->ndrop++] = row;
	return ST_OK;
}

enum status
sqlplan_add(struct sqlplan *plan, const char *const field[SQLFIELDS])
{
	return sqlrows_add(&plan->add, field);
}

enum status
sqlplan_end_step(struct sqlplan *plan, size_t least)
{
	struct sqlstep last = { 0 };

	if (plan->nsteps > 0)
		last = plan->steps[plan->nsteps - 1];
	if (plan->ndrop + plan->add.n - last.drop - last.add < least)
		return ST_OK;
	if (plan->nsteps == plan->step_room) {
		const size_t room = plan->step_room == 0 ? 16 : 2 * plan->step_room;
		struct sqlstep *steps = reallocarray(plan->steps, room, sizeof(*steps));

		if (steps == NULL)
			return ST_NOMEM;
		plan->steps = steps;
		plan->step_room = room;
	}
	plan->steps[plan->nsteps++] = (struct sqlstep){ plan->ndrop, plan->add.n };
	return ST_OK;
}

void
sqlplan_free(struct sqlplan *plan)
{
	free(plan->drop);
	free(plan->steps);
	sqlrows_free(&plan->add);
	*plan = (struct sqlplan){ 0 };
}

bool
sqlplan_is_empty(const struct sqlplan *plan)
{
	return plan->ndrop == 0 && plan->add.n == 0;
}

/* A value may be anybody's. */
static const char *
escape(const char *value, char text[100])
{
	if (value == NULL || *value == '\0')
		return "(nothing)";
	log_escape(text, 100, value, strlen(value));
	return text;
}

void
sqlplan_explain(const struct sqlplan *plan, char *why, size_t whysize)
{
	const bool is_there = plan->ndrop > 0;
	char name[100], type[100], content[100];
	const struct sqlrow *row = is_there ? plan->drop[0] : plan->add.n > 0 ? &plan->add.list[0] : NULL;

	if (row == NULL)
		snprintf(why, whysize, "nothing is amiss");
	else
		snprintf(why, whysize, "the database %s %.80s %.12s %.60s", is_there ? "still has" : "does not have",
		    escape(row->field[SQL_NAME], name), escape(row->field[SQL_TYPE], type),
		    escape(row->field[SQL_CONTENT], content));
}
