/**
 * The sentinel's contact with the world: carries out what the core wants done, and brings it what
 * happens. Connections to nodes, ticks, the state in sentinel.conf.
 *
 * <p>Imports the core and the protocol module; decides nothing that the core could decide, so that
 * what is hard to test here stays small.
 */
@NullMarked
package io.redoubt.sentinel.runtime;

import org.jspecify.annotations.NullMarked;
