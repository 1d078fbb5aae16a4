/**
 * What the programs of Redoubt share around what they serve: start, command line, listening
 * addresses, what INFO says of a process. Imports the other packages of this module; the two
 * programs are built on it.
 */
@NullMarked
package io.redoubt.protocol.launch;

import org.jspecify.annotations.NullMarked;
