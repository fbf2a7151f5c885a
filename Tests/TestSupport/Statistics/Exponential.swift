package import Basis
import Measure

/// One exponential deviate of mean 1, by inversion.
package func sampleExponential(_ generator: inout SeededGenerator) -> Double {
    -Elementary.log(generator.nextOpenUnit())
}
