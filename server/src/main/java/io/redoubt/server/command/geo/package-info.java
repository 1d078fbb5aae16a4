/**
 * Positions on the Earth, kept in sorted sets whose scores are geohashes. Start at {@link
 * io.redoubt.server.command.geo.GeoCommands}; an area is resolved by {@link
 * io.redoubt.server.command.geo.GeoArea}.
 */
@NullMarked
package io.redoubt.server.command.geo;

import org.jspecify.annotations.NullMarked;
