package io.redoubt.server.command.geo;

import io.redoubt.protocol.command.CommandError;
import io.redoubt.server.execution.Call;

/** The units of length in arguments of GEO commands. */
enum GeoUnit {
  M(1),
  KM(1000),
  FT(0.3048),
  MI(1609.34);

  private static final CommandError UNSUPPORTED =
      new CommandError("ERR unsupported unit provided. please use M, KM, FT, MI");

  private final double metres;

  GeoUnit(double metres) {
    this.metres = metres;
  }

  /** Returns the length of the unit in metres. */
  double metres() {
    return metres;
  }

  /**
   * Returns the unit that an argument names, ignoring case.
   *
   * @throws CommandError if it is not a unit
   */
  static GeoUnit of(Call call, int i) {
    for (GeoUnit unit : values()) {
      if (call.is(i, unit.name())) {
        return unit;
      }
    }
    throw UNSUPPORTED;
  }
}
