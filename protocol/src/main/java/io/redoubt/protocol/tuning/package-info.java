/**
 * Mechanisms that exist for speed on particular machines. The program is correct without them. Each
 * class says what it buys and by which benchmark, what it costs, when it is off, and which
 * directive controls it. Imports none of Redoubt's packages.
 */
@NullMarked
package io.redoubt.protocol.tuning;

import org.jspecify.annotations.NullMarked;
