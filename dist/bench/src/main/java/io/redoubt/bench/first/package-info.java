/**
 * The ways in which clients use a server, whose first calls {@code benchmark first} measures. Start
 * reading at {@link io.redoubt.bench.first.Uses}; imports {@code measure} and the libraries.
 */
@NullMarked
package io.redoubt.bench.first;

import org.jspecify.annotations.NullMarked;
