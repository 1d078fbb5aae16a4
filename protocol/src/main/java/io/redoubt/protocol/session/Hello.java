package io.redoubt.protocol.session;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What HELLO tells of this process.
 *
 * @param version the version of Redis that it is compatible with
 * @param mode {@code standalone} or {@code sentinel}
 * @param role {@code master} or {@code replica} now; null for a sentinel, which tells none
 */
public record Hello(String version, String mode, @Nullable Supplier<String> role) {}
