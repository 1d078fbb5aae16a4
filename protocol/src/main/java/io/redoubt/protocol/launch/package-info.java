/**
 * The parts of a program around its service: launch, command line, listeners, TLS and the INFO
 * fields of a process. Imports the other packages of this module; both programs are built on it.
 */
@NullMarked
package io.redoubt.protocol.launch;

import org.jspecify.annotations.NullMarked;
