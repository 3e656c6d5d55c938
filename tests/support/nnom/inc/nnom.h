/**
 * @file nnom.h
 * @brief A stand-in for NNoM, for tests: the part of its interface that gen-c calls, written from its documentation.
 */
#ifndef __NNOM_H__
#define __NNOM_H__

#include <stdint.h>

#include "nnom_port.h"

#define q7_t int8_t
#define q15_t int16_t
#define q31_t int32_t
#define nnom_qformat_param_t int32_t

typedef enum { NNOM_QTYPE_PER_TENSOR = 0, NNOM_QTYPE_PER_AXIS = 1 } nnom_qtype_t;

#endif /* __NNOM_H__ */
