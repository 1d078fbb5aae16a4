/** An application on the module path. */
module sample {
  requires io.redoubt.embedded;
}
