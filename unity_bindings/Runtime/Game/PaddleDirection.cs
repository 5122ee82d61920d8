namespace Rallypoint
{
    /// <summary>Where a paddle is steered to.</summary>
    public enum PaddleDirection
    {
        /// <summary>It stays.</summary>
        Stop = 0,

        /// <summary>To smaller y.</summary>
        Up = 1,

        /// <summary>To larger y.</summary>
        Down = 2,
    }
}
