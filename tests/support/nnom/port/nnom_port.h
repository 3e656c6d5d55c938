/**
 * @file nnom_port.h
 * @brief A stand-in for the user's configuration of NNoM, for tests: everything as NNoM has it by default.
 */
#ifndef __NNOM_PORT_H__
#define __NNOM_PORT_H__

#endif /* __NNOM_PORT_H__ */
