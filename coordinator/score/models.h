// Fitted models in memory: artefacts mapped once a process, shared by all loops, read-only. A model is content-
// addressed and never changes, so a cached one is never stale; a new fit is a new model. At most MODELS_MAX are held,
// the least recently used goes first. An artefact that this machine does not have, or whose file is damaged, comes from the
// database; its hash is held against its name at every opening, so a flipped byte is an error and never a score.
#ifndef COORDINATOR_SCORE_MODELS_H
#define COORDINATOR_SCORE_MODELS_H

#include "base/base.h"
#include "base/err.h"
#include "base/id.h"
#include "reward/artefact.h"

struct app;
struct loop;
struct model_cache;
struct model;

enum { MODELS_MAX = 64 };

struct model_cache *model_cache_new(void);
void model_cache_free(struct model_cache *cache);

// Calls `then` once, with the model held for the caller or NULL: ERR_NOT_FOUND when there is no such model, ERR_LIMIT
// when too much is being loaded, ERR_IO when the database or a disk is away (answer 503), else the artefact is damaged. At once when it is in memory, else later on
// the same loop.
void model_acquire(struct loop *loop, struct id id,
    void (*then)(void *arg, struct model *model, const struct err *err), void *arg);
// Gives back the pages of models that nobody has used for ten seconds; they stay open. True while any was used within them. Any
// thread.
bool model_cache_rest(struct model_cache *cache);
// The status and the words to tell with that no model came.
int model_status(const struct err *err, const char **ret_detail);
// Sets *model to NULL.
void model_release(struct model **model);
const struct artefact *model_artefact(const struct model *model);
// Of the constitution that its study follows, in force when it was fitted; 0: the study follows none.
int64_t model_constitution_version(const struct model *model);
// The space of the embeddings that it was fitted on (hexadecimal), and the embedding model, where an endpoint made them; else NULL.
const char *model_space(const struct model *model);
const char *model_embedder(const struct model *model);

#endif
