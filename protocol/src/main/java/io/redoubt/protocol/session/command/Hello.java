package io.redoubt.protocol.session.command;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The reply fields of HELLO that depend on the process.
 *
 * @param version the compatible version of Redis
 * @param mode {@code standalone} or {@code sentinel}
 * @param role returns {@code master} or {@code replica}; null for a sentinel, which has no role
 */
public record Hello(String version, String mode, @Nullable Supplier<String> role) {}
