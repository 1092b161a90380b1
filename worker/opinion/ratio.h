// Ratios of whole numbers as Polis's engine takes them: Clojure turns a ratio into a double by way of sixteen decimal
// digits (java.math.MathContext.DECIMAL64, halves to the even digit). Where its iterations end depends on the last bit,
// so we do the same.
#ifndef WORKER_OPINION_RATIO_H
#define WORKER_OPINION_RATIO_H

#include "base/base.h"

// |numerator| and denominator up to 2^31; denominator above 0.
double ratio_decimal(int64_t numerator, int64_t denominator);

#endif
