/** Tests of the state machine's parts; the simulation tests the whole. */
@NullMarked
package io.redoubt.sentinel.core;

import org.jspecify.annotations.NullMarked;
