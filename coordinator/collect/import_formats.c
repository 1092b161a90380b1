#include "coordinator/collect/import.h"
#include "coordinator/collect/import_plenum.h"
#include "coordinator/dataset/formats.h"

const struct import_format *const import_formats[] = {
    &import_plenum, &format_csv, &format_hh, &format_trl, NULL};
