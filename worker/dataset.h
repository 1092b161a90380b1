// The receiving end of a dataset: columns gather as chunks come, are held to the header, the counts and the hashes, and
// become the fit's data. What it takes is bounded by `max_bytes`; embeddings lie where `spill` has room (NULL: in memory). Not thread-safe; once finished it is only read.
#ifndef WORKER_DATASET_H
#define WORKER_DATASET_H

#include "base/err.h"
#include "proto/wire.h"
#include "worker/fit/fit.h"

struct dataset;

// ERR_LIMIT when the header already asks for more than `max_bytes`.
int dataset_new(const Plenum__DatasetHeader *header, uint64_t max_bytes, struct spill *spill,
    struct dataset **ret_dataset, struct err *err) MUST_CHECK;
void dataset_free(struct dataset *dataset); // NULL is allowed
int dataset_add(struct dataset *dataset, const Plenum__DatasetChunk *chunk, struct err *err) MUST_CHECK;
// ERR_CRYPTO when a hash differs, ERR_INVALID when columns do not fit each other.
int dataset_finish(struct dataset *dataset, const Plenum__DatasetEnd *end, struct err *err) MUST_CHECK;
// Only after dataset_finish; lives as long as the dataset.
const struct fit_data *dataset_fit_data(const struct dataset *dataset);
// The models to compare on it, or the one that the fit begins from: n of them, whole files, aligned for artefact_open_bytes.
size_t dataset_n_artefacts(const struct dataset *dataset);
const void *dataset_artefact(const struct dataset *dataset, size_t i, size_t *ret_size);
uint64_t dataset_bytes(const struct dataset *dataset);

#endif
