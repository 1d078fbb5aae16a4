package io.redoubt.server.command.geo;

import io.redoubt.protocol.command.CommandError;
import io.redoubt.server.execution.Call;

/** Units of length as arguments of the GEO commands. */
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

  /** How many metres it has. */
  double metres() {
    return metres;
  }

  /**
   * The unit that an argument names, in any case.
   *
   * @throws CommandError when it is none
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
