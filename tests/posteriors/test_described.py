"""What is shown of a posterior that is printed."""

import numpy as np
import pytest

import suffice as sf


class Known(sf.posteriors.AbstractPosterior):
    names: tuple[str, ...] = ("a", "bc")
    observations: int = 0

    def sample(self, n, *, key):
        few = np.linspace(0, 1, n)[:, None] + np.array([0.0, 10.0])
        return np.broadcast_to(few, (self.observations, n, 2)) if self.observations else few


def test_one_observation():
    told = str(Known())
    assert told.splitlines()[0] == "Known of a, bc"
    assert told.splitlines()[1].split() == ["mean", "std", "2.5", "%", "50", "%", "97.5", "%"]
    assert told.splitlines()[3].split() == ["bc", "10.5", "0.289", "10.03", "10.5", "10.97"]
    assert repr(Known()) == "Known of a, bc"


@pytest.mark.parametrize(("m", "shown", "more"), [(2, 2, False), (5, 3, True)])
def test_several_observations_are_not_all_shown(m, shown, more):
    told = str(Known(observations=m))
    assert told.startswith(f"Known of a, bc, {m} observations")
    assert told.count("\nobservation ") == shown
    assert told.endswith("…") == more


def test_particles_say_their_own_numbers():
    names, theta = ("a",), np.array([[1.0], [3.0]])
    particles = sf.posteriors.Particles(theta, np.full(2, 0.5), np.zeros(2), epsilon=1.0, simulations=4, names=names)
    assert str(particles).splitlines()[2].split()[:3] == ["a", "2", "1"]
