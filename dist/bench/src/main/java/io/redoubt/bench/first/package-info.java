/**
 * What {@code benchmark first} does to a fresh server: the ways in which clients use one. Start
 * reading at {@link io.redoubt.bench.first.Uses}; imports {@code measure} and the libraries.
 */
@NullMarked
package io.redoubt.bench.first;

import org.jspecify.annotations.NullMarked;
